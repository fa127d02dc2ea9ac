"""scikit-learn estimators: `BackpropClassifier` and `BackpropRegressor`."""
