namespace KubeVirtClone.Sandbox.KubeVirt;

/// <summary>
/// The restore webhook's look at <c>spec.patches</c>: it does not parse JSON but cuts at every comma and colon, so that values
/// with either are refused although the patch is right.
/// </summary>
internal static class PatchCheck
{
    public static IEnumerable<string> Objections(IEnumerable<string> patches)
    {
        foreach (var patch in patches)
        {
            foreach (var part in patch.Trim('{', '}').Split(','))
            {
                var pieces = part.Split(':');
                if (pieces.Length != 2)
                {
                    yield return $"patch format is not valid - one \":\" expected in a single key-value json patch: {part}";
                    continue;
                }

                var value = pieces[1].Trim();
                if (pieces[0].Trim() == "\"path\""
                    && !value.StartsWith("\"/metadata/labels/", StringComparison.Ordinal)
                    && !value.StartsWith("\"/metadata/annotations/", StringComparison.Ordinal)
                    && !value.StartsWith("\"/spec/", StringComparison.Ordinal))
                {
                    yield return $"patching is valid only for elements under /spec/ only: {part}";
                }
            }
        }
    }
}
