import {expect} from 'chai';
import {sharedMap} from '../../../../src/backend/kernels/shared-map.ts';

describe('sharedMap', () => {
  it('is one map for every copy of the package: who asks by the same name gets the same', async () => {
    const here = sharedMap<number>('test');
    here.set('kernel', 1);
    const copy: typeof import('../../../../src/backend/kernels/shared-map.ts') = await import(
      `${'../../../../src/backend/kernels/shared-map.ts'}?copy`
    );
    expect(copy.sharedMap<number>('test')).to.equal(here);
    expect(copy.sharedMap<number>('another')).to.not.equal(here);
    here.clear();
  });
});
