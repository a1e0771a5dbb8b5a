"""FilePromptForge: one document and one instructions file make one LLM answer, in a process of its own."""
