// Prints the files that a stub has open in which cases are tried.

const engine = new Engine();
using experiment = new Experiment({}, engine);
experiment.try([SIMPLE]);
console.log(readdirSync(`/proc/${stubsOf(engine).traced}/fd`).join() || "no file");
