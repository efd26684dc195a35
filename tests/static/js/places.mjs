// Where the script puts moments on a scale: `node places.mjs <scale> <seconds>…` writes their places as a list.

import { placeOf, readScale } from "../../../static/js/scale.js";

const [text, ...moments] = process.argv.slice(2);
const scale = readScale(text);
process.stdout.write(JSON.stringify(moments.map((seconds) => placeOf(scale, Number(seconds) * 1000))));
