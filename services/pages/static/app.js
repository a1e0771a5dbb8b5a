// The page of telemetry: `/` lists the runs, `/?run=RUN` shows one.

import { baseOf } from "./addresses.js";
import { runListPage } from "./run-list-page.js";
import { runPage } from "./run-page.js";

const base = baseOf(import.meta.url);
const runId = new URLSearchParams(location.search).get("run");
const main = document.getElementById("main");

main.replaceChildren(...(runId ? runPage(base, runId) : runListPage(base)));
