// Loaded by --import before all else: the hook of a tracer for ES modules, which the environment
// names.

import { register } from 'node:module';

register(process.env.HOOK, import.meta.url);
