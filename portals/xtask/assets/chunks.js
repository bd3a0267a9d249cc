// Loads the chunks: the parts of the app that are not needed from the start. The main module imports the functions at the end.
const files = new Map();
let provide;
const main = new Promise((resolve) => (provide = resolve));

// Is called with what the main module exports, once it runs: the chunks share its memory.
export { provide };

async function instantiate(file) {
  const answer = fetch(new URL(file, import.meta.url));
  const exported = await main;
  await WebAssembly.instantiateStreaming(answer, { main: exported, __wasm_split: exported });
}

// What came is kept; what did not is fetched again the next time.
function load(file) {
  let loading = files.get(file);
  if (!loading) {
    loading = instantiate(file);
    files.set(file, loading);
    loading.catch(() => files.delete(file));
  }
  return loading;
}

// `done` is the number of the function that is to hear whether all files came; `data` is handed back to it.
function area(...needed) {
  return async (done, data) => {
    const results = await Promise.allSettled(needed.map(load));
    const { __indirect_function_table: functions } = await main;
    functions.get(done)(data, results.every(({ status }) => status === "fulfilled"));
  };
}

