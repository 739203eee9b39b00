using System.CommandLine;
using KubeVirtClone.Cli.Commands;
using KubeVirtClone.Cli.Input;
using KubeVirtClone.Engine.Model.Requests;

namespace KubeVirtClone.Cli.Tests.CommandLine;

/// <summary>A field that is added to the table of fields is an option and a column, without another line.</summary>
public sealed class NewFieldTests : IDisposable
{
    private static readonly RequestField Colour = new("CaseColour", RequestFieldKind.Choice, "Colour of the case.") { Words = ["Red", "Blue"] };

    public NewFieldTests() => RequestFields.Try(Colour);

    public void Dispose() => RequestFields.Try(null);

    [Theory]
    [InlineData("new golden web-1 --case-colour red", "Red")]
    [InlineData("new golden web-1", null)]
    public void It_is_an_option(string line, string? value)
    {
        var command = new Command("new");
        var options = new NewOptions();
        options.AddTo(command);
        var parsed = new RootCommand { command }.Parse(line);

        parsed.Errors.ShouldBeEmpty();
        Read(options.Bind(parsed), "").ShouldHaveSingleItem().Wishes[Colour].ShouldBe(value);
    }

    [Fact]
    public void Its_words_are_checked()
    {
        var command = new Command("new");
        new NewOptions().AddTo(command);
        new RootCommand { command }.Parse("new golden --case-colour green").Errors.ShouldHaveSingleItem().Message.ShouldContain("Red, Blue");
    }

    [Fact]
    public void It_is_a_column_which_wins_over_the_command_line()
    {
        var invocation = new NewInvocation { File = "-", Wishes = RequestValues.None.With(Colour, "Blue") };
        Read(invocation, "SourceName,TargetName,CASECOLOUR\ngolden,a,red\ngolden,b,\n").Select(r => r.Wishes[Colour]).ShouldBe(["Red", "Blue"]);
    }

    private static IReadOnlyList<CloneRequest> Read(NewInvocation invocation, string input) =>
        new CloneRequestReader(invocation, new StringReader(input), warning => throw new InvalidOperationException(warning)).Read();
}
