// @ts-check
// The floor: a lane for each machine. What one chooses to book is filled in in a form over the page.

import { formAddress } from "./attempts.js";
import { openInDialog } from "./dialog.js";
import { takeOver } from "./timeline.js";

takeOver("machines", { book: (slot) => openInDialog(formAddress(slot)) });
// For `make bench`: from here on the floor does what it is asked.
performance.mark("floor usable");
