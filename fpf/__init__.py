"""FilePromptForge: one document and one set of instructions go in, one LLM's answer comes out.

One provider request per call, never a second one: whoever asked decides about trying again.
"""
