// Runs the compiled tour; the test plays the member.
import { done, given, open } from "./talk.mjs";
import { tour } from "./js/tour.js";

done(await tour(given, open));
