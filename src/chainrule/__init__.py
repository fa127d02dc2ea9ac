"""Train neural networks on tables, and see every number that backpropagation multiplied.

from chainrule import Network, Dense, train
network = Network([Dense(4, "tanh"), Dense(1, "sigmoid")], loss="half_squared_error")
run = train(network, x, t, learning_rate=0.4, epochs=5000, threshold=1e-3, seed=0)
"""

from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it: the command is interruptible sooner without `typing`
if TYPE_CHECKING:
    from chainrule.ask.cases.case import Case as Case
    from chainrule.ask.cases.example import Example as Example
    from chainrule.ask.check.check import check as check
    from chainrule.ask.check.verdict import PageVerdict as PageVerdict
    from chainrule.ask.check.verdict import Verdict as Verdict
    from chainrule.ask.diagnosis.doubtful_rows import DoubtfulRows as DoubtfulRows
    from chainrule.ask.diagnosis.training_diagnosis import TrainingDiagnosis as TrainingDiagnosis
    from chainrule.ask.exercises.exercise import Exercise as Exercise
    from chainrule.ask.exercises.exercise import exercise as exercise
    from chainrule.ask.exercises.marking import Marking as Marking
    from chainrule.ask.exercises.marking import mark as mark
    from chainrule.ask.explain.explain import explain as explain
    from chainrule.ask.explain.explanation import Explanation as Explanation
    from chainrule.ask.gradients.check_rule import RuleCheck as RuleCheck
    from chainrule.ask.gradients.check_rule import check_rule as check_rule
    from chainrule.ask.gradients.diagnose import Diagnosis as Diagnosis
    from chainrule.ask.gradients.diagnose import diagnose_gradients as diagnose_gradients
    from chainrule.ask.gradients.gradient_check import GradientCheck as GradientCheck
    from chainrule.ask.gradients.gradient_check import gradient_check as gradient_check
    from chainrule.engine.backprop import Sweep as Sweep
    from chainrule.engine.backprop import descend as descend
    from chainrule.engine.backprop import sweep as sweep
    from chainrule.engine.network import Network as Network
    from chainrule.engine.runs.ensemble import Ensemble as Ensemble
    from chainrule.engine.runs.ensemble import load_ensemble as load_ensemble
    from chainrule.engine.runs.loading import load as load
    from chainrule.engine.runs.run import History as History
    from chainrule.engine.runs.run import Run as Run
    from chainrule.engine.stopping import Divergence as Divergence
    from chainrule.engine.stopping import Stop as Stop
    from chainrule.engine.training.loop import Progress as Progress
    from chainrule.engine.training.replaying import replay as replay
    from chainrule.engine.training.train import train as train
    from chainrule.engine.training.train_ensemble import train_ensemble as train_ensemble
    from chainrule.errors import ChainruleError as ChainruleError
    from chainrule.errors import InputError as InputError
    from chainrule.errors import ShapeError as ShapeError
    from chainrule.faces.corpus.generation import generate as generate
    from chainrule.faces.corpus.text_training import train_text as train_text
    from chainrule.faces.estimators.classifier import BackpropClassifier as BackpropClassifier
    from chainrule.faces.estimators.epochs import Epoch as Epoch
    from chainrule.faces.estimators.regressor import BackpropRegressor as BackpropRegressor
    from chainrule.faces.estimators.table_classifier import TableClassifier as TableClassifier
    from chainrule.faces.estimators.table_regressor import TableRegressor as TableRegressor
    from chainrule.faces.foreign.keras import from_keras as from_keras
    from chainrule.faces.foreign.onnx_model import from_onnx as from_onnx
    from chainrule.faces.foreign.sklearn import from_sklearn as from_sklearn
    from chainrule.faces.foreign.torch import from_torch as from_torch
    from chainrule.faces.onnx.agreement import Agreement as Agreement
    from chainrule.faces.onnx.model_file import to_onnx as to_onnx
    from chainrule.faces.studio.widget import Studio as Studio
    from chainrule.faces.tabular.api import evaluate as evaluate
    from chainrule.faces.tabular.api import predict_table as predict_table
    from chainrule.faces.tabular.api import train_table as train_table
    from chainrule.faces.tabular.diagnosing import diagnose as diagnose
    from chainrule.faces.tabular.diagnosing import doubtful_rows as doubtful_rows
    from chainrule.faces.tabular.row_attribution import why as why
    from chainrule.faces.tensorboard import event_files as event_files
    from chainrule.rules.layers.attention import Attention as Attention
    from chainrule.rules.layers.batch_norm import BatchNorm as BatchNorm
    from chainrule.rules.layers.chain import Chain as Chain
    from chainrule.rules.layers.conv import Conv as Conv
    from chainrule.rules.layers.dense import Dense as Dense
    from chainrule.rules.layers.dropout import Dropout as Dropout
    from chainrule.rules.layers.elu import ELU as ELU
    from chainrule.rules.layers.embedding import Embedding as Embedding
    from chainrule.rules.layers.exponential import Exponential as Exponential
    from chainrule.rules.layers.flatten import Flatten as Flatten
    from chainrule.rules.layers.flatten import Unflatten as Unflatten
    from chainrule.rules.layers.gelu import GELU as GELU
    from chainrule.rules.layers.gelu import TanhGELU as TanhGELU
    from chainrule.rules.layers.identity import Identity as Identity
    from chainrule.rules.layers.layer_norm import LayerNorm as LayerNorm
    from chainrule.rules.layers.leaky_relu import LeakyReLU as LeakyReLU
    from chainrule.rules.layers.pool import AvgPool as AvgPool
    from chainrule.rules.layers.pool import GlobalAveragePool as GlobalAveragePool
    from chainrule.rules.layers.pool import MaxPool as MaxPool
    from chainrule.rules.layers.positions import Positions as Positions
    from chainrule.rules.layers.relu import ReLU as ReLU
    from chainrule.rules.layers.residual import Residual as Residual
    from chainrule.rules.layers.rms_norm import RMSNorm as RMSNorm
    from chainrule.rules.layers.sigmoid import Sigmoid as Sigmoid
    from chainrule.rules.layers.silu import SiLU as SiLU
    from chainrule.rules.layers.softmax import Softmax as Softmax
    from chainrule.rules.layers.softplus import Softplus as Softplus
    from chainrule.rules.layers.tanh import Tanh as Tanh
    from chainrule.rules.layers.transformer import transformer_block as transformer_block
    from chainrule.rules.losses.binary_cross_entropy import BinaryCrossEntropy as BinaryCrossEntropy
    from chainrule.rules.losses.half_squared_error import HalfSquaredError as HalfSquaredError
    from chainrule.rules.losses.huber import Huber as Huber
    from chainrule.rules.losses.mean_absolute_error import MeanAbsoluteError as MeanAbsoluteError
    from chainrule.rules.losses.mean_squared_error import MeanSquaredError as MeanSquaredError
    from chainrule.rules.losses.poisson import Poisson as Poisson
    from chainrule.rules.losses.softmax_cross_entropy import SoftmaxCrossEntropy as SoftmaxCrossEntropy
    from chainrule.rules.losses.sum_squared_error import SumSquaredError as SumSquaredError
    from chainrule.rules.losses.token_cross_entropy import TokenCrossEntropy as TokenCrossEntropy
    from chainrule.rules.registry import register as register

    __version__: str

# Where each public name lives. It is imported when it is first used, so that the command line does
# not wait for JAX. This is the one list; what type checkers read above is held to it by a test.
_HOMES = {
    "ask.check.check": ("check",),
    "ask.check.verdict": ("PageVerdict", "Verdict"),
    "ask.gradients.diagnose": ("Diagnosis", "diagnose_gradients"),
    "ask.exercises.exercise": ("Exercise", "exercise"),
    "ask.exercises.marking": ("Marking", "mark"),
    "ask.explain.explain": ("explain",),
    "ask.explain.explanation": ("Explanation",),
    "ask.gradients.check_rule": ("RuleCheck", "check_rule"),
    "ask.gradients.gradient_check": ("GradientCheck", "gradient_check"),
    "engine.runs.ensemble": ("Ensemble", "load_ensemble"),
    "engine.network": ("Network",),
    "engine.runs.loading": ("load",),
    "ask.cases.case": ("Case",),
    "ask.cases.example": ("Example",),
    "engine.runs.run": ("History", "Run"),
    "engine.stopping": ("Divergence", "Stop"),
    "engine.backprop": ("Sweep", "descend", "sweep"),
    "engine.training.loop": ("Progress",),
    "engine.training.replaying": ("replay",),
    "engine.training.train": ("train",),
    "engine.training.train_ensemble": ("train_ensemble",),
    "errors": ("ChainruleError", "InputError", "ShapeError"),
    "faces.corpus.generation": ("generate",),
    "faces.corpus.text_training": ("train_text",),
    "faces.estimators.classifier": ("BackpropClassifier",),
    "faces.estimators.regressor": ("BackpropRegressor",),
    "faces.estimators.epochs": ("Epoch",),
    "faces.estimators.table_classifier": ("TableClassifier",),
    "faces.estimators.table_regressor": ("TableRegressor",),
    "faces.tensorboard": ("event_files",),
    "faces.foreign.keras": ("from_keras",),
    "faces.foreign.onnx_model": ("from_onnx",),
    "faces.foreign.sklearn": ("from_sklearn",),
    "faces.foreign.torch": ("from_torch",),
    "faces.onnx.agreement": ("Agreement",),
    "faces.onnx.model_file": ("to_onnx",),
    "faces.studio.widget": ("Studio",),
    "faces.tabular.api": ("evaluate", "predict_table", "train_table"),
    "faces.tabular.diagnosing": ("diagnose", "doubtful_rows"),
    "ask.diagnosis.doubtful_rows": ("DoubtfulRows",),
    "ask.diagnosis.training_diagnosis": ("TrainingDiagnosis",),
    "faces.tabular.row_attribution": ("why",),
    "rules.layers.attention": ("Attention",),
    "rules.layers.batch_norm": ("BatchNorm",),
    "rules.layers.chain": ("Chain",),
    "rules.layers.dense": ("Dense",),
    "rules.layers.dropout": ("Dropout",),
    "rules.layers.elu": ("ELU",),
    "rules.layers.embedding": ("Embedding",),
    "rules.layers.exponential": ("Exponential",),
    "rules.layers.gelu": ("GELU", "TanhGELU"),
    "rules.layers.identity": ("Identity",),
    "rules.layers.layer_norm": ("LayerNorm",),
    "rules.layers.leaky_relu": ("LeakyReLU",),
    "rules.layers.positions": ("Positions",),
    "rules.layers.relu": ("ReLU",),
    "rules.layers.conv": ("Conv",),
    "rules.layers.flatten": ("Flatten", "Unflatten"),
    "rules.layers.pool": ("AvgPool", "GlobalAveragePool", "MaxPool"),
    "rules.layers.residual": ("Residual",),
    "rules.layers.rms_norm": ("RMSNorm",),
    "rules.layers.sigmoid": ("Sigmoid",),
    "rules.layers.silu": ("SiLU",),
    "rules.layers.softmax": ("Softmax",),
    "rules.layers.softplus": ("Softplus",),
    "rules.layers.tanh": ("Tanh",),
    "rules.layers.transformer": ("transformer_block",),
    "rules.losses.binary_cross_entropy": ("BinaryCrossEntropy",),
    "rules.losses.half_squared_error": ("HalfSquaredError",),
    "rules.losses.huber": ("Huber",),
    "rules.losses.mean_absolute_error": ("MeanAbsoluteError",),
    "rules.losses.mean_squared_error": ("MeanSquaredError",),
    "rules.losses.poisson": ("Poisson",),
    "rules.losses.softmax_cross_entropy": ("SoftmaxCrossEntropy",),
    "rules.losses.sum_squared_error": ("SumSquaredError",),
    "rules.losses.token_cross_entropy": ("TokenCrossEntropy",),
    "rules.registry": ("register",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = ["__version__"]
__all__.extend(sorted(_HOME))


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import version

        return version("chainrule")
    if name not in _HOME:
        raise AttributeError(f"module 'chainrule' has no attribute {name!r}")
    found = getattr(import_module(f"chainrule.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
