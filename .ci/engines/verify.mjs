// Fails unless what npm installed is what the lockfile names, each with its checksum. npm ci would say so by itself, but
// refuses a lockfile that lacks optional packages of other platforms, and chdb names some that no registry has.
import { readFileSync } from "node:fs";

const [locked, installed] = ["package-lock.json", "node_modules/.package-lock.json"]
  .map((file) => JSON.parse(readFileSync(file, "utf8")).packages);
let names = 0;
for (const [name, got] of Object.entries(installed)) {
  const want = locked[name];
  if (!want?.integrity || want.integrity !== got.integrity || want.version !== got.version) {
    console.error(`${name} ${got.version} is not what the lockfile has: ${want?.version}`);
    process.exit(1);
  }
  names++;
}
if (names === 0) {
  console.error("nothing was installed");
  process.exit(1);
}
console.log(`${names} packages, as the lockfile has them`);
