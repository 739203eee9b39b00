using System.CommandLine;
using System.Reflection;
using System.Text.RegularExpressions;
using KubeVirtClone.Cli.CommandLine;
using KubeVirtClone.Cli.Output;
using KubeVirtClone.Engine.Model.Results;

namespace KubeVirtClone.Cli.Tests.Output;

public sealed class ShellWordsTests
{
    // Arguments here, kubectl's own, or said by what the module alone does.
    private static readonly string[] NotHere = [nameof(OptionName.Version), nameof(OptionName.Destination), nameof(OptionName.Debug), nameof(OptionName.IncludeVolumes)];

    [Fact]
    public void Commands_and_options_are_said_in_this_shells_words()
    {
        ShellWords.Line($"Check name and namespace: {CommandName.GetVM} {OptionName.AllNamespaces}").ShouldBe("Check name and namespace: kubectl get vm --all-namespaces");
        ShellWords.Line($"{CommandName.RemoveVMClone} {OptionName.Batch} {"lab-7"} {OptionName.IncludeTarget}").ShouldBe("kubectl vmclone remove --batch lab-7 --include-target");
        ShellWords.Line($"{CommandName.CopyVMGoldenImage} {OptionName.Destination} {"team-b"}").ShouldBe("kubectl vmclone image copy NAME team-b");
        ShellWords.Line($"{OptionName.SmbiosSerial}, {OptionName.WhatIf}, {OptionName.Debug}").ShouldBe("--new-smbios-serial, --dry-run=server, -v=6");
        ((Advice)$"{CommandName.RemoveVMClone} {OptionName.Batch} {"lab-7"}").ToString().ShouldBe("Remove-VMClone -Batch lab-7");
    }

    [Theory]
    [InlineData("java -Xmx2g in the label 'opts=-Xmx'")]
    [InlineData("machine 'Get-VM' of team -Force")]
    [InlineData("admission webhook: run Remove-VMClone -Batch x")]
    public void What_users_and_servers_write_is_left_as_it_is(string text)
    {
        ShellWords.Line($"{text}: {OptionName.Force}").ShouldBe($"{text}: --force");
        ShellWords.Line(text).ShouldBe(text);
        CellText.Line(text).ShouldBe(text);
        var lines = new List<string>();
        new FaultPrinter(lines.Add).Write(new Fault { Id = "X", Category = FaultCategory.InvalidArgument, Message = $"The server refused: {text}", RecommendedAction = $"Leave {OptionName.Force} out of '{text}'." });
        lines.ShouldBe([$"error: The server refused: {text} (X). Next step: Leave --force out of '{text}'."]);
    }

    [Fact]
    public void There_is_a_word_for_every_command()
    {
        foreach (var name in Names(typeof(CommandName)))
            ShellWords.Command(Regex.Replace(name, "^(?<verb>[A-Z][a-z]+)", "${verb}-", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))).ShouldStartWith("kubectl ");
    }

    [Fact]
    public void Every_option_that_advice_names_exists_here()
    {
        using var console = new TestConsole();
        using var interruption = new Interruption(_ => { });
        var root = CommandTree.Build(new GlobalOptions(), new CommandRunner(console.Cli, interruption));
        var there = Options(root).ToHashSet(StringComparer.Ordinal);
        Names(typeof(OptionName)).Except(NotHere).Select(ShellWords.Option).Select(o => o.Split('=')[0]).Where(o => !there.Contains(o)).ShouldBeEmpty();
    }

    private static IEnumerable<string> Names(Type words) => words.GetProperties(BindingFlags.Public | BindingFlags.Static).Select(p => p.Name);

    private static IEnumerable<string> Options(Command command) =>
        command.Options.SelectMany(o => o.Aliases.Append(o.Name)).Concat(command.Subcommands.SelectMany(Options));
}
