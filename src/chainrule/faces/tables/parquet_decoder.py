"""The process that decodes a Parquet file, apart from ours: a damaged one makes Polars abort the process.

`python parquet_decoder.py BYTES MEMORY PATH...` reads the file on stdin and writes an Arrow stream on stdout,
or ends with REFUSED and one line on stderr. BYTES is how many the decoded columns may take, MEMORY how much
address space the process may; the rest is where modules are found.
"""

import io
import sys

REFUSED = 3
WIDTH = 8  # bytes of a value, where the type does not say


def main(most: int, memory: int, paths: list[str]) -> int:
    """Decode; the exit code."""
    _limit(memory)
    data = sys.stdin.buffer.read()
    sys.path[:] = paths
    import polars as pl

    try:
        source = pl.scan_parquet(io.BytesIO(data))
        schema = source.collect_schema()
        rows = source.select(pl.len()).collect().item()
        if (size := rows * WIDTH * max(len(schema), 1)) > most:
            return refuse("size", f"{rows:,} rows of {len(schema):,} columns take {size / 2**30:,.1f} GiB")
        frame = pl.read_parquet(io.BytesIO(data))
        if (size := int(frame.estimated_size())) > most:  # long words, lists
            return refuse("size", f"{rows:,} rows of {len(schema):,} columns take {size / 2**30:,.1f} GiB")
        frame.write_ipc_stream(sys.stdout.buffer)
        sys.stdout.buffer.flush()
    except MemoryError:
        return refuse("size", "it decodes to more than the memory that is free")
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError, ValueError) as error:
        return refuse("damaged", " ".join(str(error).split())[:300])
    return 0


def refuse(kind: str, text: str) -> int:
    """Tell the parent: the kind of trouble, and the words for it."""
    sys.stderr.write(f"\n{kind}\t{text}\n")
    return REFUSED


def _limit(memory: int) -> None:
    """Bound the address space of this process, where the system can, unless it is bounded more tightly."""
    try:
        import resource
    except ImportError:  # Windows
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    limits = [limit for limit in (soft, hard, memory) if limit != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(limits), hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
