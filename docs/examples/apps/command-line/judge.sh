#!/bin/sh
# Judges predictions that lie in a file, whichever framework made them, and calibrates them.
#
#     sh judge.sh [folder for results]
#
# Needs Node and `npm install tfjs-bayes`, nothing else. TFJS_BAYES is another way to start the command.
set -eu
tfjs_bayes=${TFJS_BAYES:-npx tfjs-bayes}
here=$(cd "$(dirname "$0")" && pwd)
results=${1:-results}
mkdir -p "$results"

echo 'How sure is the model, and how right? The page has the plots.'
$tfjs_bayes evaluate "$here/test.csv" --html "$results/report.html"

echo 'What does temperature scaling on held-out predictions make of it?'
$tfjs_bayes calibrate --fit "$here/held-out.csv" --apply "$here/test.csv" --out "$results/calibrated.csv"

echo 'Which classes hold the truth 19 times out of 20?'
$tfjs_bayes conformal --fit "$here/held-out.csv" --apply "$here/test.csv" --alpha 0.05 --out "$results/sets.csv"
