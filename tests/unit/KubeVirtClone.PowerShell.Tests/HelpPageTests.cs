using System.Management.Automation;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using KubeVirtClone.Commands;
using KubeVirtClone.Engine.Model.Results;
using KubeVirtClone.Engine.Preflight.Subjects;

namespace KubeVirtClone.PowerShell.Tests;

/// <summary>The help says the same as the code, and the compiled help the same as its pages. Rebuild it with <c>./build.sh docs</c>.</summary>
public sealed class HelpPageTests
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly string Folder = Path.Combine(FindRoot(), "docs", "help", "en-US");
    private static readonly Lazy<XDocument> Compiled = new(() => XDocument.Load(Path.Combine(Folder, "KubeVirtClone.PowerShell.dll-Help.xml")));

    private static readonly IReadOnlyDictionary<string, Type> Cmdlets = typeof(GetVMCommand).Assembly.GetTypes()
        .Where(type => CmdletOf(type) is not null)
        .ToDictionary(type => $"{CmdletOf(type)!.ConstructorArguments[0].Value}-{CmdletOf(type)!.ConstructorArguments[1].Value}", StringComparer.Ordinal);

    public static TheoryData<string> Names => [.. Cmdlets.Keys];

    [Fact]
    public void Every_page_is_of_a_cmdlet() =>
        Directory.GetFiles(Folder, "*-*.md").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal).ShouldBe(Cmdlets.Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_describes_exactly_the_parameters_there_are(string name) =>
        PageParameters(Page(name)).Order(StringComparer.Ordinal).ShouldBe(ParametersOf(Cmdlets[name]).Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_page_is_filled_in(string name)
    {
        var page = Page(name);
        page.ShouldNotContain("{{ Fill");
        page.ShouldNotContain("{{ Add");
        Synopsis(page).Length.ShouldBeGreaterThan(10);
        Regex.Count(page, "^### Example [0-9]+: ", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).ShouldBeGreaterThan(0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void The_compiled_help_is_not_older_than_the_page(string name)
    {
        var page = Page(name);
        var compiled = Compiled.Value.Root!.Elements(Command + "command")
            .SingleOrDefault(command => (string?)command.Element(Command + "details")?.Element(Command + "name") == name);
        compiled.ShouldNotBeNull("run ./build.sh docs");
        OneLine(compiled.Element(Command + "details")!.Element(Maml + "description")!.Value).ShouldBe(Synopsis(page), "run ./build.sh docs");
        compiled.Element(Command + "parameters")?.Elements(Command + "parameter").Select(p => p.Element(Maml + "name")!.Value).Order(StringComparer.Ordinal)
            .ShouldBe(PageParameters(page).Order(StringComparer.Ordinal), "run ./build.sh docs");
        compiled.Element(Command + "examples")!.Elements(Command + "example").Select(e => e.Element(Maml + "title")!.Value)
            .ShouldBe(Matches(page, "^### (?<v>Example [0-9]+: .*)$"), "run ./build.sh docs");
    }

    [Fact]
    public void The_topic_on_errors_has_every_id()
    {
        var explained = Matches(File.ReadAllText(Path.Combine(Folder, "about_KubeVirtClone_Errors.md")), @"^\| (?<v>[A-Z]\w+) \|").ToHashSet(StringComparer.Ordinal);
        // Codes of findings and causes are as stable as the ids of errors.
        var ids = new[] { typeof(FaultIds), typeof(FindingCodes), typeof(CauseCodes) }
            .SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Select(field => (string)field.GetRawConstantValue()!);
        // Ids that only the cmdlets make stand in their sources.
        var own = Directory.GetFiles(Path.Combine(FindRoot(), "src", "KubeVirtClone.PowerShell"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .SelectMany(file => Matches(File.ReadAllText(file), @"(ErrorRecords\.Create|InputException|\bRefuse|InputException [A-Z]\w*\([^)]*\) => new)\(\s*""(?<v>[A-Z]\w+)"""));
        ids.Concat(own).Distinct(StringComparer.Ordinal).Where(id => !explained.Contains(id)).ShouldBeEmpty();
    }

    /// <summary>As data: the assembly that PowerShell modules are compiled against has no code, so its attributes cannot be made.</summary>
    private static CustomAttributeData? CmdletOf(Type type) => type.GetCustomAttributesData().SingleOrDefault(data => data.AttributeType == typeof(CmdletAttribute));

    private static string Page(string name)
    {
        var path = Path.Combine(Folder, name + ".md");
        File.Exists(path).ShouldBeTrue($"{name} has no page");
        return File.ReadAllText(path);
    }

    private static IEnumerable<string> ParametersOf(Type cmdlet)
    {
        var own = cmdlet.GetProperties().Where(property => property.IsDefined(typeof(ParameterAttribute), inherit: true)).Select(property => property.Name);
        return CmdletOf(cmdlet)!.NamedArguments.Any(a => a.MemberName == nameof(CmdletAttribute.SupportsShouldProcess) && a.TypedValue.Value is true) ? own.Concat(["WhatIf", "Confirm"]) : own;
    }

    private static IEnumerable<string> PageParameters(string page) => Matches(page, @"^### -(?<v>\w+)$");

    private static string Synopsis(string page) => OneLine(Matches(page, @"^## SYNOPSIS\n\n(?<v>[^#]+)\n\n## ").Single());

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private static IEnumerable<string> Matches(string text, string pattern) =>
        Regex.Matches(text.ReplaceLineEndings("\n"), pattern, RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
            .Select(match => match.Groups["v"].Value);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "KubeVirtClone.sln"))) folder = folder.Parent;
        return folder?.FullName ?? throw new DirectoryNotFoundException("KubeVirtClone.sln");
    }
}
