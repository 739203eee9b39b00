using KubeVirtClone.Completion;

namespace KubeVirtClone.PowerShell.Tests;

public sealed class CompletionTextTests
{
    [Theory]
    [InlineData("web-1", '\0', "web-1")]
    [InlineData("lab/web.1", '\0', "lab/web.1")]
    [InlineData("my context", '\0', "'my context'")]
    [InlineData("it's", '\0', "'it''s'")]
    [InlineData("-web", '\0', "'-web'")]
    [InlineData("a@b", '\0', "'a@b'")]
    [InlineData("web-1", '\'', "'web-1'")]
    [InlineData("pay $5", '"', "\"pay `$5\"")]
    public void Quotes_what_the_parser_would_not_take_as_one_word(string name, char typed, string expected) =>
        CompletionText.Quote(name, typed).ShouldBe(expected);
}
