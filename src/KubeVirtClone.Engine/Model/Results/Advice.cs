using System.Runtime.CompilerServices;
using System.Text;

namespace KubeVirtClone.Engine.Model.Results;

/// <summary>
/// A text for people in which commands and options stand as such, so that each front end says them in its own words and nothing else of the text is touched:
/// names and what a server wrote are parts of their own. Written as an interpolated string with <see cref="CommandName"/> and <see cref="OptionName"/> in it.
/// </summary>
[InterpolatedStringHandler]
public sealed class Advice : IEquatable<Advice>
{
    private readonly List<Part> _parts;

    /// <summary>Begins one; for the compiler.</summary>
    /// <param name="literalLength">Characters of constant text.</param>
    /// <param name="formattedCount">Number of values.</param>
    public Advice(int literalLength, int formattedCount) => _parts = new List<Part>((2 * formattedCount) + Math.Min(literalLength, 1));

    private enum PartKind
    {
        Text,
        Command,
        Option,
    }

    /// <summary>Nothing to say.</summary>
    public static Advice None { get; } = new(0, 0);

    /// <summary>Whether it says nothing.</summary>
    public bool IsEmpty => _parts.TrueForAll(p => p.Text.Length == 0);

    /// <summary>A text without commands and options.</summary>
    /// <param name="text">The text.</param>
    public static implicit operator Advice(string? text) => FromString(text);

    /// <summary>A text without commands and options.</summary>
    /// <param name="text">The text.</param>
    public static Advice FromString(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return None;
        var advice = new Advice(text.Length, 0);
        advice.AppendLiteral(text);
        return advice;
    }

    /// <summary>Several, one after the other.</summary>
    /// <param name="separator">What stands between them.</param>
    /// <param name="parts">Each.</param>
    public static Advice Join(string separator, IEnumerable<Advice> parts)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var all = new Advice(0, 0);
        foreach (var part in parts)
        {
            if (all._parts.Count > 0)
                all.AppendLiteral(separator);
            all.AppendFormatted(part);
        }

        return all;
    }

    /// <summary>Appends text; for the compiler.</summary>
    /// <param name="value">The text.</param>
    public void AppendLiteral(string value) => _parts.Add(new(PartKind.Text, value));

    /// <summary>Appends a value; for the compiler.</summary>
    /// <param name="value">The value.</param>
    public void AppendFormatted(string? value) => AppendLiteral(value ?? "");

    /// <summary>Appends a value; for the compiler.</summary>
    /// <param name="value">The value.</param>
    public void AppendFormatted(int value) => AppendLiteral(value.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Appends a value; for the compiler.</summary>
    /// <param name="value">The value.</param>
    public void AppendFormatted(object? value) => AppendLiteral(value?.ToString() ?? "");

    /// <summary>Appends all of another; for the compiler.</summary>
    /// <param name="value">The other.</param>
    public void AppendFormatted(Advice value) => _parts.AddRange((value ?? None)._parts);

    /// <summary>Appends a command; for the compiler.</summary>
    /// <param name="value">The command.</param>
    public void AppendFormatted(CommandName value) => _parts.Add(new(PartKind.Command, value.Cmdlet));

    /// <summary>Appends an option; for the compiler.</summary>
    /// <param name="value">The option.</param>
    public void AppendFormatted(OptionName value) => _parts.Add(new(PartKind.Option, value.Parameter));

    /// <summary>The text in a front end's words.</summary>
    /// <param name="command">Its word for a cmdlet.</param>
    /// <param name="option">Its word for a parameter, which is given without the hyphen.</param>
    public string Say(Func<string, string> command, Func<string, string> option)
    {
        ArgumentNullException.ThrowIfNull(command);
        ArgumentNullException.ThrowIfNull(option);
        var text = new StringBuilder();
        foreach (var part in _parts)
            text.Append(part.Kind switch { PartKind.Command => command(part.Text), PartKind.Option => option(part.Text), _ => part.Text });
        return text.ToString();
    }

    /// <summary>The text in PowerShell's words.</summary>
    public override string ToString() => Say(cmdlet => cmdlet, parameter => "-" + parameter);

    /// <inheritdoc/>
    public bool Equals(Advice? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Advice);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    private readonly record struct Part(PartKind Kind, string Text);
}

/// <summary>A command in an <see cref="Advice"/>. It cannot become a plain text by mistake: a ref struct goes into no other interpolated string.</summary>
public readonly ref struct CommandName
{
    private CommandName(string cmdlet) => Cmdlet = cmdlet;

    /// <summary>The cmdlet.</summary>
    public string Cmdlet { get; }

    /// <inheritdoc/>
    public override string ToString() => Cmdlet;

    /// <summary><c>Copy-VMGoldenImage</c>.</summary>
    public static CommandName CopyVMGoldenImage => new("Copy-VMGoldenImage");

    /// <summary><c>Get-VM</c>.</summary>
    public static CommandName GetVM => new("Get-VM");

    /// <summary><c>Get-VMClone</c>.</summary>
    public static CommandName GetVMClone => new("Get-VMClone");

    /// <summary><c>Get-VMGoldenImage</c>.</summary>
    public static CommandName GetVMGoldenImage => new("Get-VMGoldenImage");

    /// <summary><c>Get-VMSnapshot</c>.</summary>
    public static CommandName GetVMSnapshot => new("Get-VMSnapshot");

    /// <summary><c>New-VMClone</c>.</summary>
    public static CommandName NewVMClone => new("New-VMClone");

    /// <summary><c>New-VMGoldenImage</c>.</summary>
    public static CommandName NewVMGoldenImage => new("New-VMGoldenImage");

    /// <summary><c>Remove-VMClone</c>.</summary>
    public static CommandName RemoveVMClone => new("Remove-VMClone");

    /// <summary><c>Remove-VMGoldenImage</c>.</summary>
    public static CommandName RemoveVMGoldenImage => new("Remove-VMGoldenImage");

    /// <summary><c>Remove-VMSnapshot</c>.</summary>
    public static CommandName RemoveVMSnapshot => new("Remove-VMSnapshot");

    /// <summary><c>Start-KubeVirtSandbox</c>.</summary>
    public static CommandName StartKubeVirtSandbox => new("Start-KubeVirtSandbox");

    /// <summary><c>Start-VM</c>.</summary>
    public static CommandName StartVM => new("Start-VM");

    /// <summary><c>Stop-VM</c>.</summary>
    public static CommandName StopVM => new("Stop-VM");

    /// <summary><c>Wait-VMClone</c>.</summary>
    public static CommandName WaitVMClone => new("Wait-VMClone");

    /// <summary><c>Wait-VMSnapshot</c>.</summary>
    public static CommandName WaitVMSnapshot => new("Wait-VMSnapshot");
}

/// <summary>An option in an <see cref="Advice"/>, as <see cref="CommandName"/>.</summary>
public readonly ref struct OptionName
{
    private OptionName(string parameter) => Parameter = parameter;

    /// <summary>The parameter, without its hyphen.</summary>
    public string Parameter { get; }

    /// <inheritdoc/>
    public override string ToString() => "-" + Parameter;

    /// <summary><c>-AccessMode</c>.</summary>
    public static OptionName AccessMode => new("AccessMode");

    /// <summary><c>-AllNamespaces</c>.</summary>
    public static OptionName AllNamespaces => new("AllNamespaces");

    /// <summary><c>-As</c>.</summary>
    public static OptionName As => new("As");

    /// <summary><c>-AsManifest</c>.</summary>
    public static OptionName AsManifest => new("AsManifest");

    /// <summary><c>-Batch</c>.</summary>
    public static OptionName Batch => new("Batch");

    /// <summary><c>-CleanOwnership</c>.</summary>
    public static OptionName CleanOwnership => new("CleanOwnership");

    /// <summary><c>-CloudInitSecret</c>.</summary>
    public static OptionName CloudInitSecret => new("CloudInitSecret");

    /// <summary><c>-Context</c>.</summary>
    public static OptionName Context => new("Context");

    /// <summary><c>-CopySecrets</c>.</summary>
    public static OptionName CopySecrets => new("CopySecrets");

    /// <summary><c>-Cpu</c>.</summary>
    public static OptionName Cpu => new("Cpu");

    /// <summary><c>-Debug</c>.</summary>
    public static OptionName Debug => new("Debug");

    /// <summary><c>-Destination</c>.</summary>
    public static OptionName Destination => new("Destination");

    /// <summary><c>-DiskSize</c>.</summary>
    public static OptionName DiskSize => new("DiskSize");

    /// <summary><c>-ExcludeAnnotation</c>.</summary>
    public static OptionName ExcludeAnnotation => new("ExcludeAnnotation");

    /// <summary><c>-ExcludeTemplateLabel</c>.</summary>
    public static OptionName ExcludeTemplateLabel => new("ExcludeTemplateLabel");

    /// <summary><c>-Force</c>.</summary>
    public static OptionName Force => new("Force");

    /// <summary><c>-GoldenImage</c>.</summary>
    public static OptionName GoldenImage => new("GoldenImage");

    /// <summary><c>-GracePeriod</c>.</summary>
    public static OptionName GracePeriod => new("GracePeriod");

    /// <summary><c>-HandOver</c>.</summary>
    public static OptionName HandOver => new("HandOver");

    /// <summary><c>-Hostname</c>.</summary>
    public static OptionName Hostname => new("Hostname");

    /// <summary><c>-IncludeCopies</c>.</summary>
    public static OptionName IncludeCopies => new("IncludeCopies");

    /// <summary><c>-IncludeTarget</c>.</summary>
    public static OptionName IncludeTarget => new("IncludeTarget");

    /// <summary><c>-IncludeVolumes</c>.</summary>
    public static OptionName IncludeVolumes => new("IncludeVolumes");

    /// <summary><c>-KeepVolumes</c>.</summary>
    public static OptionName KeepVolumes => new("KeepVolumes");

    /// <summary><c>-Instancetype</c>.</summary>
    public static OptionName Instancetype => new("Instancetype");

    /// <summary><c>-KubeConfig</c>.</summary>
    public static OptionName KubeConfig => new("KubeConfig");

    /// <summary><c>-Memory</c>.</summary>
    public static OptionName Memory => new("Memory");

    /// <summary><c>-Method</c>.</summary>
    public static OptionName Method => new("Method");

    /// <summary><c>-Namespace</c>.</summary>
    public static OptionName Namespace => new("Namespace");

    /// <summary><c>-NetworkDataSecret</c>.</summary>
    public static OptionName NetworkDataSecret => new("NetworkDataSecret");

    /// <summary><c>-NoSharedSnapshot</c>.</summary>
    public static OptionName NoSharedSnapshot => new("NoSharedSnapshot");

    /// <summary><c>-Patch</c>.</summary>
    public static OptionName Patch => new("Patch");

    /// <summary><c>-Paused</c>.</summary>
    public static OptionName Paused => new("Paused");

    /// <summary><c>-PurgeOnSuccess</c>.</summary>
    public static OptionName PurgeOnSuccess => new("PurgeOnSuccess");

    /// <summary><c>-SkipExisting</c>.</summary>
    public static OptionName SkipExisting => new("SkipExisting");

    /// <summary><c>-SmbiosSerial</c>.</summary>
    public static OptionName SmbiosSerial => new("SmbiosSerial");

    /// <summary><c>-Source</c>.</summary>
    public static OptionName Source => new("Source");

    /// <summary><c>-SourceNamespace</c>.</summary>
    public static OptionName SourceNamespace => new("SourceNamespace");

    /// <summary><c>-Start</c>.</summary>
    public static OptionName Start => new("Start");

    /// <summary><c>-StopSource</c>.</summary>
    public static OptionName StopSource => new("StopSource");

    /// <summary><c>-StorageClass</c>.</summary>
    public static OptionName StorageClass => new("StorageClass");

    /// <summary><c>-TargetNamespace</c>.</summary>
    public static OptionName TargetNamespace => new("TargetNamespace");

    /// <summary><c>-TemplateLabelFilter</c>.</summary>
    public static OptionName TemplateLabelFilter => new("TemplateLabelFilter");

    /// <summary><c>-ThrottleLimit</c>.</summary>
    public static OptionName ThrottleLimit => new("ThrottleLimit");

    /// <summary><c>-Timeout</c>.</summary>
    public static OptionName Timeout => new("Timeout");

    /// <summary><c>-Version</c>.</summary>
    public static OptionName Version => new("Version");

    /// <summary><c>-VolumeMode</c>.</summary>
    public static OptionName VolumeMode => new("VolumeMode");

    /// <summary><c>-VolumeNamePolicy</c>.</summary>
    public static OptionName VolumeNamePolicy => new("VolumeNamePolicy");

    /// <summary><c>-VolumeOwnershipPolicy</c>.</summary>
    public static OptionName VolumeOwnershipPolicy => new("VolumeOwnershipPolicy");

    /// <summary><c>-WhatIf</c>.</summary>
    public static OptionName WhatIf => new("WhatIf");

    /// <summary>The option of a request's field.</summary>
    /// <param name="field">The field.</param>
    public static OptionName Of(Requests.RequestField field) => new((field ?? throw new ArgumentNullException(nameof(field))).Name);
}
