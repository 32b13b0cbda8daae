/* The scripts of every page. Collected, they are one file (config/static_files.py). */
import "./forget.js";
import "./confirm.js";
import "./disclose.js";
import "./fill.js";
import "./filter.js";
import "./focus.js";
import "./reveal.js";
import "./copy.js";
import "./rules.js";
import "./session.js";
import "./stay.js";
import "./print.js";
import "./drop.js";
import "./upload.js";
