"""Write the reader's grants for the server of compose: `python -m infra.embedded.write_grants`."""

from infra.embedded import grants

if __name__ == "__main__":
    grants.COMMITTED.write_text(grants.reader_views(["rapport"]))
