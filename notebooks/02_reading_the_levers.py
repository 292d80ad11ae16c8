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
# # Reading the levers: where SHAP misleads and the effect does not
#
# Two questions sound alike. *What does the prediction lean on?* is about the model; SHAP answers
# it. *What would change if we did it?* is about the business; only an effect answers that. To see
# the two part, take a business whose truth is known: it is simulated, so that every customer's
# life can be lived again with a lever moved.
#
# In it, the **newsletter does nothing**, but those who mean to buy sign up for it. **Annual
# billing does much**, though those who choose it would have stayed longer anyway.

# %%
import pandas as pd

import clvlens
from clvlens.pipeline import study_levers
from clvlens.simulation import Settings, draw, measure

STUDIED = ("newsletter", "annual billing")

settings = Settings(customers=4_000)
tables = draw(settings)
histories = ("orders", "customers", "messages", "subscriptions")
about = {
    "name": "shop",
    "currency": "USD",
    "data": {name: tables[name] for name in histories},
    "target": {"horizon_days": 180},
    "cutoffs": {"at_most": 1},
    "model": {"trees": 60, "candidates": ["tweedie"], "intervals": False},
}
every = clvlens.load_config(about).levers.levers()
others = [name for name in every if name not in STUDIED]
config = clvlens.load_config({**about, "levers": {"horizon_days": 360, "leave_out": others}})

# %% [markdown]
# ## What predictions lean on
#
# The mean of the parts' sizes, in USD a customer over 180 days, summed by lever. It says nothing
# of what a lever would do: with the past of a customer known, whether they read the newsletter
# adds little, and what annual billing brings is already in their orders and tenure.

# %%
panel = clvlens.build_panel(config)
model = clvlens.train(panel)
attribution, _ = clvlens.explain(model, panel, customers=300)
leaning = attribution.by_lever().abs().mean().sort_values(ascending=False)
leaning.round(2)

# %% [markdown]
# ## What would change
#
# Each lever has a trial: who was eligible when it was decided, what was known of them *before*
# that, and what all of them brought in the 360 days after, those who left included. Beside the
# effect stands the raw difference between who got it and who did not, which is what a dashboard
# shows.

# %%
effects, _ = study_levers(config)
truth = measure(settings, customers=40_000).set_index("lever")
rows = []
for effect in effects:
    name = effect.lever.replace(" ", "_")
    rows.append({
        "lever": effect.lever,
        "raw difference": effect.raw_difference,
        "effect": effect.effect_per_eligible,
        "low 95": effect.low_95,
        "high 95": effect.high_95,
        "evidence": effect.evidence,
        "truth": truth.loc[name, "per_eligible_usd"],
        "mean |SHAP|": leaning.get(effect.lever, 0.0),
    })  # fmt: skip
told = pd.DataFrame(rows).set_index("lever")
told.round(1)

# %% [markdown]
# Who reads the newsletter is worth far more than who does not, and yet sending it changes nothing:
# the interval of the effect holds 0. Annual billing shows the opposite: its effect is beyond
# doubt, and smaller than its raw difference.

# %%
newsletter, annual = told.loc["newsletter"], told.loc["annual billing"]
assert newsletter["truth"] == 0
assert newsletter["raw difference"] > 50
assert newsletter["low 95"] < 0 < newsletter["high 95"]
assert 0 < annual["low 95"] < annual["truth"] < annual["high 95"] < annual["raw difference"]

# %% [markdown]
# An effect has its limits too. It rests on the assumption that what was known before the decision
# tells why some got the lever; evidence B says that a confounder as strong as the strongest
# history that is seen could not explain it away, C that one could, and D that only an association
# is known.
