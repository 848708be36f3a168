/** Set by the build. Code that runs from its source is nobody's release. */
export const version = process.env['CANARY_VERSION'] ?? '0.0.0-source';
