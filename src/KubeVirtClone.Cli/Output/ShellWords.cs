namespace KubeVirtClone.Cli.Output;

/// <summary>
/// This shell's words for the commands and options in the engine's advice: <c>Get-VM -AllNamespaces</c> is <c>kubectl get vm --all-namespaces</c> here. Nothing
/// else of a text is touched.
/// </summary>
internal static class ShellWords
{
    // What has another name than its cmdlet's noun and verb, or is kubectl's own.
    private static readonly Dictionary<string, string> Commands = new(StringComparer.Ordinal)
    {
        ["New-VMClone"] = "kubectl vmclone new",
        ["Get-VMClone"] = "kubectl vmclone get",
        ["Wait-VMClone"] = "kubectl vmclone wait",
        ["Remove-VMClone"] = "kubectl vmclone remove",
        ["Start-KubeVirtSandbox"] = "kubectl vmclone sandbox",
        ["Get-VM"] = "kubectl get vm",
        ["Start-VM"] = "kubectl vmclone start",
        ["Stop-VM"] = "kubectl vmclone stop",
        ["Get-VMSnapshot"] = "kubectl vmclone snapshot get",
        ["Wait-VMSnapshot"] = "kubectl vmclone snapshot wait",
        ["Remove-VMSnapshot"] = "kubectl vmclone snapshot remove",
        ["New-VMGoldenImage"] = "kubectl vmclone image new",
        ["Get-VMGoldenImage"] = "kubectl vmclone image get",
        ["Copy-VMGoldenImage"] = "kubectl vmclone image copy",
        ["Remove-VMGoldenImage"] = "kubectl vmclone image remove",
    };

    // Where kubectl or virtctl already has a name for it.
    private static readonly Dictionary<string, string> Options = new(StringComparer.Ordinal)
    {
        ["KubeConfig"] = "--kubeconfig",
        // An argument here, behind the image's name.
        ["Destination"] = "NAME",
        ["Version"] = "VERSION (as NAME:VERSION)",
        ["WhatIf"] = "--dry-run=server",
        ["AsManifest"] = "--dry-run=client",
        ["Debug"] = "-v=6",
    };

    /// <summary>The text on one line.</summary>
    public static string Line(Advice? advice) => CellText.Line(advice?.Say(Command, Option));

    /// <summary>The word for a cmdlet.</summary>
    public static string Command(string cmdlet) => Commands.GetValueOrDefault(cmdlet, cmdlet);

    /// <summary>The word for a parameter.</summary>
    public static string Option(string parameter) =>
        Options.GetValueOrDefault(parameter) ?? RequestFields.All.FirstOrDefault(f => f.Name == parameter)?.Option ?? RequestField.OptionOf(parameter);
}
