// Runs pytest inside Pyodide: node run_tests.mjs REPOSITORY WHEELS SITE_PACKAGES ARGUMENTS...
// The repository and the installed packages are mounted; Ed25519 comes from Node, at once, under the name that
// client_core.signing imports.
import crypto from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [repository, wheels, site, ...rest] = process.argv.slice(2);
const folder = dirname(createRequire(join(repository, "package.json")).resolve("pyodide/package.json"));
const { loadPyodide } = await import(join(folder, "pyodide.mjs"));
const python = await loadPyodide({ indexURL: folder, env: { PYTHONDONTWRITEBYTECODE: "1", HOME: "/tmp" } });
for (const name of readdirSync(wheels).filter((one) => one.endsWith(".whl"))) {
  python.unpackArchive(new Uint8Array(readFileSync(join(wheels, name))), "zip", { extractDir: "/lib/python3.14/site-packages" });
}
python.mountNodeFS("/repository", repository);
python.mountNodeFS("/site", site);

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const bytes = (value) => Buffer.from(value.toJs ? value.toJs() : value);
const privateKey = (seed) => crypto.createPrivateKey({ key: Buffer.concat([PKCS8, bytes(seed)]), format: "der", type: "pkcs8" });
python.registerJsModule("ed25519_of_node", {
  public_key: (seed) => new Uint8Array(crypto.createPublicKey(privateKey(seed)).export({ format: "der", type: "spki" }).subarray(-32)),
  sign: (seed, message) => new Uint8Array(crypto.sign(null, bytes(message), privateKey(seed))),
  verify: (key, message, signature) => {
    try {
      const spki = crypto.createPublicKey({ key: Buffer.concat([SPKI, bytes(key)]), format: "der", type: "spki" });
      return crypto.verify(null, bytes(message), spki, bytes(signature));
    } catch {
      return false;
    }
  },
});
python.globals.set("arguments", python.toPy(rest));
let code = 70;
try {
  code = python.runPython(`
import importlib, os, sys
importlib.invalidate_caches()
sys.path[:0] = ["/repository/tests/pyodide", "/repository"]
import ed25519_by_node  # puts cryptography's names in place
import packages_mounted
packages_mounted.offer("/site")
os.chdir("/repository")
import pytest
code = pytest.main(list(arguments))
int(code)
`);
} catch (error) {
  console.error(String(error.message ?? error).slice(0, 4000));
}
process.exit(code);
