#!/bin/sh
# Every night: are the data sound, what will each customer be worth, do former predictions hold?
#
#   sh docs/nightly.sh shop.yaml
#
# Leaves with 0 done · 2 bad data or configuration, and nothing after it was run · 3 done but not
# tracked · 4 done, and an alarm was raised · 130 and 143 interrupted. CLVLENS names another program.
set -u
config=${1:?usage: nightly.sh CONFIG}
worst=0

for verb in check predict monitor; do
    "${CLVLENS:-clvlens}" "$verb" --config "$config" --json
    code=$?
    case $code in
        0) ;;
        3 | 4) [ "$code" -gt "$worst" ] && worst=$code ;;  # the work of this verb is done
        *) exit "$code" ;;
    esac
done
exit "$worst"
