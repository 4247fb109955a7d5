// One self-check of one bottle against one node, as the consumer's phone does it; prints the outcome as JSON.
import { readFileSync } from 'node:fs';

const { ask } = await import(process.env.SCRIPTS + '/consumer_node.js');
const { selfcheck } = await import(process.env.SCRIPTS + '/selfcheck.js');
const { proof, page, node } = JSON.parse(readFileSync(process.env.BOTTLE, 'utf8'));
const words = [];
const heard = (url, asked) => ask(url, asked).catch((error) => { words.push(String(error)); throw error; });
const { told, ...outcome } = await selfcheck(proof, page, [node], heard);
console.log(JSON.stringify({ ...outcome, words }));
