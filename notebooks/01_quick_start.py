# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Quick start: what will each customer spend?
#
# CDNOW sold CDs in 1997. 23,570 people bought there for the first time in the first quarter of
# that year, and their orders until June 1998 are the classic data set of customer lifetime value.
# A sample of them will do here. The file lies in the package `lifetimes`, so nothing is downloaded
# (`make setup` installed it); your own table can be a data frame, a file or a database table.

# %%
import clvlens

config = clvlens.load_config({
    "name": "cdnow",
    "currency": "USD",
    "data": {
        "orders": {
            "package": "lifetimes",
            "path": "datasets/CDNOW_master.txt",
            "format": "padded",
            "time_format": "%Y%m%d",
            "columns": {"ordered_at": "date", "amount": "dollar_value", "items": "number_of_cds"},
            "keep": [{"column": "amount", "above": 0}],
        }
    },
    "target": {"horizon_days": 90},
    "cutoffs": {"at_most": 2},
    "model": {"trees": 100},
}, customers=2_000)  # fmt: skip

# %% [markdown]
# ## What is known, and when
#
# A panel has one row a customer and *cutoff*. Its features were known before the cutoff; its
# targets are what came in the 90 days from it on. Later cutoffs have later roles: the model learns
# on `fit`, settles what it cannot learn there on `select` and `calibrate`, and is judged on
# `test`.

# %%
panel = clvlens.build_panel(config)
panel

# %%
columns = ["customer_id", "orders__count_ever", "orders__days_since_last", "target_value"]
panel.rows("test")[columns].head()

# %% [markdown]
# ## Train, and judge where nothing was learned
#
# Each method predicts the same customers at the same cutoffs. Past spending carried forward is
# what a spreadsheet would do; BG/NBD × Gamma-Gamma is what textbooks would.

# %%
model = clvlens.train(panel)
evaluation = clvlens.evaluate(model, panel)
value = evaluation.scores[evaluation.scores["target"] == "value"]
wide = value.pivot_table(index="method", columns="metric", values="estimate")
wide[["ngini", "spearman", "mae", "total_bias"]].sort_values("ngini", ascending=False).round(3)

# %% [markdown]
# The grade says it in a sentence. It is about the difference to the best of the baselines, with
# chance taken into account; where the model is no better, it says so.

# %%
from clvlens.evaluation.grade import grade

verdict = grade(evaluation)
print(f"{verdict.letter}: {verdict.words}")

# %% [markdown]
# ## Predict everybody
#
# One row a customer, as of the newest midnight in the data. Bounds hold nine in ten; reasons are
# in money and say what the prediction is *associated with*, not what would change it.

# %%
table = clvlens.predict(model, config, reasons=200)
top = table.sort_values("predicted_value", ascending=False).head()
top[["customer_id", "predicted_value", "value_low_90", "value_high_90", "churn_probability",
     "reason_1", "reason_1_amount"]]  # fmt: skip

# %%
print(f"{len(table):,} customers, USD {table['predicted_value'].sum():,.0f} expected in 90 days")
