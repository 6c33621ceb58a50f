import { metadataSchema } from "./metadata-schema.ts";

const queries: Readonly<Record<string, string>> = {
  "Recipe runs": `{
  recipeRuns {
    recipeRunId
    recipeRunStatus { recipeRunStatusName isComplete }
    recipeRunProvenances { taskName isTaskManual }
  }
}`,
  "One recipe run": `{
  recipeRuns(filterParams: {recipeRunId: 1}) {
    recipeInstanceId
    recipeInstance { recipeId inputDatasetId }
    recipeRunStatus { recipeRunStatusName }
    configuration
  }
}`,
  "Its input dataset": `{
  recipeRuns(filterParams: {recipeRunId: 1}) {
    recipeInstance {
      inputDataset {
        inputDatasetId
        isActive
        inputDatasetInputDatasetParts {
          inputDatasetPart {
            inputDatasetPartId
            inputDatasetPartType { inputDatasetPartTypeName }
            inputDatasetPartDocument
          }
        }
      }
    }
  }
}`,
  "Its provenance": `{
  recipeRuns(filterParams: {recipeRunId: 1}) {
    recipeRunProvenances { taskName isTaskManual workflowVersion codeVersion libraryVersions }
  }
}`,
  Statuses: `{
  recipeRunStatuses { recipeRunStatusId recipeRunStatusName isComplete recipeRunStatusDescription }
}`,
  "Objects expected of a dataset": `{
  datasetCatalogReceiptAccounts(filterParams: {datasetId: "AAAAAA"}) { expectedObjectCount }
}`,
};

/** A page to ask the server with, whole in itself: it loads nothing. */
export function explorerPage(): string {
  const buttons = Object.keys(queries).map((name) => `<button type="button" class="query">${escaped(name)}</button>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Metadata store</title>
<style>
  :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
  body { margin: 0 auto; max-width: 84rem; padding: 1rem; }
  h1 { font-size: 1.3rem; margin: 0 0 .75rem; }
  .line { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; }
  .panes { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); }
  textarea, pre { box-sizing: border-box; font: 13px/1.5 ui-monospace, monospace; height: 28rem; margin: 0; overflow: auto; width: 100%; }
  pre { border: 1px solid; padding: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
  #schema { height: auto; max-height: 40rem; }
</style>
<h1>Metadata store</h1>
<div class="line">
  <label>Token (GQL_AUTH_TOKEN) <input id="token" type="password" autocomplete="off" placeholder="dev"></label>
  ${buttons.join("\n  ")}
</div>
<div class="panes">
  <div><textarea id="query" spellcheck="false" aria-label="Query"></textarea></div>
  <div><pre id="answer" role="status" aria-label="Answer"></pre></div>
</div>
<div class="line"><button type="button" id="run">Run (Ctrl+Enter)</button></div>
<details><summary>Schema</summary><pre id="schema">${escaped(metadataSchema.trim())}</pre></details>
<script>
  const queries = ${JSON.stringify(queries).replaceAll("<", "\\u003c")};
  const [token, query, answer] = ["token", "query", "answer"].map((id) => document.getElementById(id));
  async function run() {
    try {
      const response = await fetch("/graphql", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: token.value || "dev" },
        body: JSON.stringify({ query: query.value }),
      });
      answer.textContent = JSON.stringify(await response.json(), null, 2);
    } catch (error) {
      answer.textContent = "No answer: " + error.message;
    }
  }
  for (const button of document.querySelectorAll(".query")) {
    button.addEventListener("click", () => {
      query.value = queries[button.textContent];
      run();
    });
  }
  document.getElementById("run").addEventListener("click", run);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
  });
  query.value = queries["Recipe runs"];
</script>
`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
