using System.Text.RegularExpressions;

namespace KubeVirtClone.Cli.Output;

/// <summary>
/// The engine's advice names cmdlets and parameters where it has to name something; here it is said in the words of this shell:
/// "Get-VM -AllNamespaces" becomes "kubectl get vm --all-namespaces".
/// </summary>
internal static partial class ShellWords
{
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["New-VMClone"] = "kubectl vmclone new",
        ["Get-VMClone"] = "kubectl vmclone get",
        ["Wait-VMClone"] = "kubectl vmclone wait",
        ["Remove-VMClone"] = "kubectl vmclone remove",
        ["Start-KubeVirtSandbox"] = "kubectl vmclone sandbox",
        ["Connect-KubeVirt"] = "kubectl config use-context",
        ["Get-VM"] = "kubectl get vm",
        ["Remove-VM"] = "kubectl delete vm",
        ["Start-VM"] = "kubectl vmclone start",
        ["Stop-VM"] = "kubectl vmclone stop",
        ["New-VMSnapshot"] = "kubectl vmclone snapshot new",
        ["Get-VMSnapshot"] = "kubectl vmclone snapshot get",
        ["Wait-VMSnapshot"] = "kubectl vmclone snapshot wait",
        ["Remove-VMSnapshot"] = "kubectl vmclone snapshot remove",
        ["New-VMGoldenImage"] = "kubectl vmclone image new",
        ["Get-VMGoldenImage"] = "kubectl vmclone image get",
        ["Copy-VMGoldenImage"] = "kubectl vmclone image copy",
        ["Remove-VMGoldenImage"] = "kubectl vmclone image remove",
        ["Test-VMClone"] = "kubectl vmclone test",
        ["Debug-VMClone"] = "kubectl vmclone debug",
        ["Compare-VMClone"] = "kubectl vmclone compare",
        ["Measure-VMClone"] = "kubectl vmclone measure",
        ["Export-VMCloneReport"] = "kubectl vmclone report",
    };

    // Where kubectl or virtctl already has a name for it.
    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["KubeConfig"] = "--kubeconfig",
        ["MacAddress"] = "--new-mac-address",
        ["SmbiosSerial"] = "--new-smbios-serial",
        ["LabelSelector"] = "--selector",
        ["Version"] = "VERSION (as NAME:VERSION)",
        ["WhatIf"] = "--dry-run=server",
        ["AsManifest"] = "--dry-run=client",
        ["Debug"] = "-v=6",
    };

    public static string Translate(string text)
    {
        text = Cmdlet().Replace(text, m => Commands.GetValueOrDefault(m.Value, m.Value));
        return Parameter().Replace(
            text, m => Options.GetValueOrDefault(m.Groups["name"].Value, "-" + Hump().Replace(m.Groups["name"].Value, h => "-" + h.Value.ToLowerInvariant())));
    }

    [GeneratedRegex(@"\b[A-Z][a-z]+-(?:VM|KubeVirt)[A-Za-z]*\b", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Cmdlet();

    [GeneratedRegex(@"(?<![\w-])-(?<name>[A-Z][A-Za-z]+)\b", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Parameter();

    [GeneratedRegex("[A-Z]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Hump();
}
