namespace KubeVirtClone.Commands;

/// <summary>Where a cmdlet's page is found online: Get-Help -Online opens it.</summary>
internal static class HelpPages
{
    /// <summary>Folder of the pages; a cmdlet's own page is its name with <c>.md</c>.</summary>
    public const string Root = "https://github.com/KubeVirtClone/KubeVirtClone/blob/main/docs/help/en-US/";
}
