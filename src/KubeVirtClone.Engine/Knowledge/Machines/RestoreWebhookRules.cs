namespace KubeVirtClone.Engine.Knowledge.Machines;

/// <summary>
/// The check KubeVirt's restore webhook makes of a patch's text, which knows no JSON: it cuts at every comma and colon, and looks for the path
/// among the pieces (recorded: vectors e04 to e22, r20).
/// </summary>
internal static class RestoreWebhookRules
{
    private static readonly string[] Allowed = ["\"/metadata/labels/", "\"/metadata/annotations/", "\"/spec/"];

    /// <summary>Why the webhook would refuse the patch, or null.</summary>
    public static (bool Path, string Why)? WhyRefused(string patch)
    {
        foreach (var pair in patch.Trim('{', '}').Split(','))
        {
            var pieces = pair.Split(':');
            if (pieces.Length != 2)
                return (false, $"one ':' is expected in {pair.Trim()}");
            if (pieces[0].Trim() == "\"path\"" && !Array.Exists(Allowed, a => pieces[1].Trim().StartsWith(a, StringComparison.Ordinal)))
                return (true, $"{pieces[1].Trim().Trim('"')} may not be changed by a clone");
        }

        return null;
    }
}
