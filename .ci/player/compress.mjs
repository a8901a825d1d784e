// Puts a .br beside every file of a folder that becomes smaller by a tenth: node compress.mjs FOLDER BYTES_MIN
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";

const [folder, least] = [process.argv[2], Number(process.argv[3])];
for (const name of readdirSync(folder, { recursive: true })) {
  const path = join(folder, name);
  if (!statSync(path).isFile() || name.endsWith(".br") || name.endsWith("set.json") || name.endsWith("built_from")) continue;
  const content = readFileSync(path);
  if (content.length < least) continue;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
  };
  const packed = brotliCompressSync(content, { params });
  if (packed.length < content.length * 0.9) writeFileSync(`${path}.br`, packed);
}
