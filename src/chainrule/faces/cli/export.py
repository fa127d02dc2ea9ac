"""chainrule export: a trained network as a file that other programs run."""

import click


@click.command()
@click.argument("run")
@click.option("--onnx", "path", metavar="FILE", required=True, help="The ONNX file to write.")
def export(run: str, path: str) -> None:
    """Write the network in RUN as ONNX, with the encoding of its table's columns.

    Each column goes in by its name, (n, 1): numbers as float64, NaN where missing; words as strings, empty
    where missing. Images go in whole, as x (n, h, w, channels) float64. The prediction comes out in the
    target's own labels or units, with the probabilities of classes. The file is written only if ONNX Runtime
    predicts with it what the run predicts.
    """
    from chainrule.engine.runs.loading import load
    from chainrule.faces.onnx.model_file import to_onnx

    agreement = to_onnx(load(run), path)
    click.echo(f"saved in {path}; {agreement}")
