export async function lintPrometheus(_: unknown): Promise<readonly string[]> {
	return [];
}
