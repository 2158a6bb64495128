#!/usr/bin/env node
import {run} from './run.ts';

const {stdout, stderr} = process;

process.exitCode = await run(process.argv.slice(2), {
  print: (text) => stdout.write(`${text}\n`),
  complain: (text) => stderr.write(`${text}\n`),
  ...(stderr.isTTY ? {show: (text) => stderr.write(`\r\x1b[2K${text}`)} : {}),
});
