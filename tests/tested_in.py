"""Where a module of `engine` or `ask` is tested that has no test file of its name, nor one that imports it.

Below `tests/` and `src/chainrule/` the folders are the same. A test file stands here with the modules whose
decisions its tests feel: break one and a test in that file fails.
"""

TESTED_IN = {
    "engine/runs/test_checkpoint.py": "engine/runs: checkpointer ensemble",
    "engine/runs/test_hostile_files.py": "engine/runs: loading",
    "engine/test_stopping.py": "engine/training: divergence interrupt",
    "engine/training/test_host_program.py": "engine/training: jax_settings",
    "engine/training/test_train.py": "engine/training: loop options program state; engine: measuring",
    "engine/training/test_train_ensemble.py": "engine/training: ensemble_program member_arrays member_groups",
    "engine/training/test_train_folds.py": "engine/training: fold_training mean_network",
    "faces/estimators/test_like_mlp.py": "engine/training: lbfgs",
    "ask/cases/test_optimizers.py": "ask/cases: optimizer_state; ask/causes: optimizer_mistakes",
    "ask/cases/test_trajectory.py": "ask/cases: straight_line",
    "ask/cases/test_example.py": "ask/cases: arrays case toml_values",
    "ask/causes/test_budget.py": "ask/cases: work; ask/causes: search",
    "ask/causes/test_causes.py": (
        "ask/causes: catalogue conventions error_mistakes evidence factor_edits finding gradient_mistakes"
        " hypothesis input_mistakes misprints mistakes number_edits operand_slips other_slopes row_mistakes"
        " slope_mistakes stated_values structure way_back_mistakes"
    ),
    "ask/causes/test_listed_mistakes.py": "ask/causes: penalty_mistakes",
    "ask/check/test_check.py": (
        "ask/cases: claim; ask/check: report verdict; ask/judging: judge printed_operands"
    ),
    "ask/check/test_followed.py": "ask/judging: habits",
    "ask/diagnosis/test_training_diagnosis.py": (
        "ask/diagnosis: array_diagnosis causal_order course_signs data_signs gradient_factors observations"
        " proof remedies shown_fault skill start_signs training_code training_evidence training_fault"
        " training_setup"
    ),
    "faces/cli/test_diagnose.py": "ask/diagnosis: example_diagnosis",
    "ask/documents/test_printers.py": (
        "ask/documents: blocks document formula formula_markup html latex markdown mathml names typst wording"
    ),
    "ask/documents/test_text.py": "ask/documents: formula_text",
    "ask/exercises/test_exercise.py": "ask/exercises: friendly marking; ask/cases: toml_writer",
    "ask/explain/test_addresses.py": "ask/explain: phases uses",
    "ask/explain/test_explain.py": (
        "ask/explain: chain contributions derivation explanation meaning quantity_report terms"
    ),
    "ask/explain/test_lesson.py": "ask/explain: tables",
    "ask/gradients/test_check_rule.py": (
        "ask/gradients: formula_values rule_arrays rule_properties rule_trial"
    ),
    "ask/gradients/test_diagnose.py": "ask/gradients: claimed gradient_search",
    "ask/gradients/test_gradient_check.py": "ask/gradients: finite_differences pytree",
    "ask/lessons/test_formats.py": (
        "ask/lessons: html_blocks lesson_blocks markdown_blocks mathml_source notebook_blocks sources"
        " tex_blocks"
    ),
    "ask/lessons/test_kinds.py": (
        "ask/lessons: claiming clauses placement placing printed_columns printed_values table_statements"
    ),
    "ask/lessons/test_reader.py": (
        "ask/lessons: architecture_choice assumptions candidates dialect interpretation lesson_text numbering"
        " page plain_maths prose ranking statements substitution symbol tokens"
    ),
}
