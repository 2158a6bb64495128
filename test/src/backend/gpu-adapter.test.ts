import {expect} from 'chai';
import {isSoftwareAdapter, isSoftwareRenderer} from '../../../src/backend/gpu-adapter.ts';

describe('GPU adapters', () => {
  for (const [adapter, software] of [
    [{info: {vendor: 'nvidia', architecture: 'ampere', device: '', description: 'NVIDIA GeForce RTX 3090'}}, false],
    [{info: {vendor: 'apple', architecture: 'metal-3'}}, false],
    [{info: {vendor: 'google', architecture: 'swiftshader', description: 'SwiftShader Device (LLVM 10.0.0)'}}, true],
    [{info: {vendor: 'mesa', description: 'llvmpipe (LLVM 15.0.6, 256 bits)'}}, true],
    [{info: {vendor: 'microsoft', description: 'Microsoft Basic Render Driver'}}, true],
    [{info: {vendor: 'intel', isFallbackAdapter: true}}, true],
    [{isFallbackAdapter: true}, true],
    [{}, false],
  ] as const) {
    it(`${JSON.stringify(adapter)} computes ${software ? 'in software' : 'on a GPU'}`, () => {
      expect(isSoftwareAdapter(adapter)).to.equal(software);
    });
  }

  it('knows WebGL drivers', () => {
    expect(
      isSoftwareRenderer(
        'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
      ),
    ).to.equal(true);
    expect(isSoftwareRenderer('ANGLE (NVIDIA, NVIDIA GeForce GTX 980 Direct3D11 vs_5_0 ps_5_0)')).to.equal(false);
    expect(isSoftwareRenderer('')).to.equal(false);
  });
});
