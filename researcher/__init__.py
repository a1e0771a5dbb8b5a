"""The program that carries out one research with GPT Researcher, in an environment of its own.

It shares nothing with the executor but the lines they write to each other, and imports nothing of ours from elsewhere.
"""
