// What '@types/node' is to the programs of this folder, and to all that they import.
/// <reference path="../../../../../node_modules/types-node-20/index.d.ts" />
