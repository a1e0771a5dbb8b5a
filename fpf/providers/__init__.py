"""Who can be asked: one small file each, that builds a request and reads an answer without doing either itself."""
