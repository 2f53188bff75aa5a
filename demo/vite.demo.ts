/** The demo's own part of the Vite configuration: the installable offline page and its content security policy. */
import type { Plugin, PluginOption } from 'vite';
import { VitePWA } from 'vite-plugin-pwa';

/**
 * Nothing inline, nothing from elsewhere; `wasm-unsafe-eval` allows WebAssembly and nothing more. In the built page itself,
 * so that it holds on any static host.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Vite's development server injects inline styles: the policy is for the build alone. */
function contentSecurityPolicy(): Plugin {
  return {
    name: 'kindex-demo:content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** For `plugins` of a configuration whose root is this folder. */
export function demoPlugins(): PluginOption[] {
  return [
    contentSecurityPolicy(),
    VitePWA({
      registerType: 'autoUpdate',
      // A file of its own: the policy refuses inline scripts.
      injectRegister: 'script-defer',
      manifest: {
        id: 'kindex-demo',
        name: 'kindex demo',
        short_name: 'kindex',
        description: 'Search your own documents by meaning, inside this browser.',
        start_url: './',
        scope: './',
        display: 'standalone',
        background_color: '#f7f6f2',
        theme_color: '#0b6156',
        icons: [
          { src: 'icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
          { src: 'icon-192.png', sizes: '192x192', type: 'image/png', purpose: 'any' },
          { src: 'icon-512.png', sizes: '512x512', type: 'image/png', purpose: 'any' },
          { src: 'icon-maskable-512.png', sizes: '512x512', type: 'image/png', purpose: 'maskable' },
        ],
      },
      workbox: {
        // Everything the page ever asks for, model included: one visit is enough to work without a network.
        globPatterns: ['**/*.{js,css,html,wasm,bin,json,svg,png,webmanifest}'],
        // The model has 2.9 MB; the default limit of 2 MiB would leave it out with a warning only.
        maximumFileSizeToCacheInBytes: 4_000_000,
        cleanupOutdatedCaches: true,
      },
    }),
  ];
}
