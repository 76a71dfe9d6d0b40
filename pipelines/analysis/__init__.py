"""The main job: files of posts through the whole chain on an embedded stack, and the numbers out."""
