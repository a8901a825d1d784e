// The player's app is plain modules: what a browser would refuse, or a reader would stumble over, is an error here.
const browser = Object.fromEntries(
  ["window", "document", "navigator", "location", "history", "localStorage", "sessionStorage", "console", "fetch", "crypto", "indexedDB", "IDBKeyRange", "caches", "BroadcastChannel",
    "setTimeout", "clearTimeout", "setInterval", "clearInterval", "URL", "Blob", "Worker", "Response", "Request", "AbortController", "AbortSignal",
    "TextEncoder", "TextDecoder", "Intl", "DOMException", "createImageBitmap", "self", "performance", "structuredClone",
    "requestAnimationFrame", "matchMedia", "HTMLElement", "CustomEvent", "Event", "process"].map((name) => [name, "readonly"]),
);

export default [
  { ignores: ["node_modules/**", "server/web/assets/**", "server/web/static/**", ".venv/**", "**/*.d.ts", "server/demo/**"] },
  {
    files: ["server/web/player/**/*.js", ".ci/player/*.mjs", "tests/pyodide/*.mjs", "tests/player/*.mjs"],
    languageOptions: { ecmaVersion: 2024, sourceType: "module", globals: { ...browser, Buffer: "readonly" } },
    rules: {
      "array-callback-return": "error", "consistent-return": "error", "default-case-last": "error", eqeqeq: "error",
      "no-await-in-loop": "off", "no-console": "error", "no-const-assign": "error", "no-constant-condition": ["error", { checkLoops: false }],
      "no-dupe-keys": "error", "no-duplicate-imports": "error", "no-else-return": "error", "no-empty": "error", "no-eval": "error",
      "no-fallthrough": "error", "no-implied-eval": "error", "no-new-func": "error", "no-param-reassign": ["error", { props: false }],
      "no-self-compare": "error", "no-shadow": "error", "no-undef": "error", "no-unreachable": "error", "no-unused-vars": "error",
      "no-use-before-define": ["error", { functions: false, classes: false, variables: false }], "no-var": "error",
      "object-shorthand": "error", "prefer-const": "error", "require-atomic-updates": "off", "use-isnan": "error",
      "max-lines": ["error", { max: 400, skipBlankLines: true }], "max-lines-per-function": ["error", 70],
    },
  },
  { files: [".ci/player/*.mjs", "tests/**/*.mjs"], rules: { "no-console": "off" } },
];
