"""A network in a scikit-learn pipeline, cross-validated on the digits that come with scikit-learn."""

from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from chainrule import BackpropClassifier

x, y = load_digits(return_X_y=True)
network = BackpropClassifier(
    hidden_layer_sizes=(32,), learning_rate_init=0.01, max_iter=40, tol=0.01, random_state=0
)
scores = cross_val_score(make_pipeline(MinMaxScaler(), network), x, y, cv=3)
print("accuracy in three folds:", " ".join(f"{score:.3f}" for score in scores))
