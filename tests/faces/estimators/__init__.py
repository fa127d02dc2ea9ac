"""The scikit-learn estimators on trial."""
