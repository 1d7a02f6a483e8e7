import { Agent, HttpsAgent } from 'oxagent';
import { exercise } from './exercise.cjs';

await exercise({ Agent, HttpsAgent });
