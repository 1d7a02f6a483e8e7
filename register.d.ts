/**
 * `node --import oxagent/register app.js`, or `--require`: oxagent's classes in place of Node's
 * `http.Agent` and `https.Agent`, and agents of theirs as `http.globalAgent` and `https.globalAgent`, for
 * an unchanged program, its worker threads included. The environment variable `OXAGENT_OPTIONS` holds
 * options of the two global agents, as a JSON object; a bad one throws, and the program does not start.
 */
export {};
