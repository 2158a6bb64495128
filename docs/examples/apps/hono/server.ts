// An endpoint that answers predictions with their uncertainty.
//
//     npx tsx server.ts                  # PORT=8080 npx tsx server.ts for another port than 3000
//     curl localhost:3000/predict -H 'content-type: application/json' -d '{"wines": [[13, 1, 2, 20, 99, 2, 2, 0.3, 1, 5, 1, 3, 700]]}'
//
// Packages: those of ../node-script, hono and @hono/node-server.
// In a folder whose package.json says "type": "module" (npm pkg set type=module).

import {serve} from '@hono/node-server';
import {createApp} from './app.ts';
import {createClassifier} from './posterior.ts';

const app = createApp(await createClassifier());
serve({fetch: app.fetch, port: Number(process.env.PORT ?? 3000)}, ({port}) => {
  console.log(`Listening on http://localhost:${port}`);
});
