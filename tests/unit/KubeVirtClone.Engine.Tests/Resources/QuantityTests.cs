using k8s.Models;
using KubeVirtClone.Shared;

namespace KubeVirtClone.Engine.Tests.Resources;

/// <summary>Quantities, which client and sandbox share, against what the official client makes of the same texts.</summary>
public sealed class QuantityTests
{
    [Theory]
    [InlineData("0")]
    [InlineData("1Gi")]
    [InlineData("1.5Gi")]
    [InlineData("500m")]
    [InlineData("250u")]
    [InlineData("3n")]
    [InlineData("2k")]
    [InlineData("7M")]
    [InlineData("1E")]
    [InlineData("2Ei")]
    [InlineData("1e9")]
    [InlineData("8589934592")]
    public void A_text_is_the_number_the_official_client_reads(string text) =>
        Quantity.Parse(text).ShouldBe(new ResourceQuantity(text).ToDecimal());

    [Theory]
    [InlineData("8192Mi", "8Gi")]
    [InlineData("8589934592", "8Gi")]
    [InlineData("1.5Gi", "1536Mi")]
    [InlineData("1G", "1000000000")]
    [InlineData("0.5", "0.5")]
    [InlineData("much", "much")]
    public void A_size_is_written_shortest_without_loss(string text, string canonical) => Quantity.Canonical(text).ShouldBe(canonical);

    [Theory]
    [InlineData(2000, false, "2k")]
    [InlineData(2048, true, "2Ki")]
    [InlineData(2048, false, "2048")]
    [InlineData(0, true, "0")]
    public void A_number_is_written_in_the_units_it_was_given_in(int value, bool binary, string text) => Quantity.Write(value, binary).ShouldBe(text);

    [Fact]
    public void A_part_of_one_is_written_in_thousandths() => Quantity.Write(1.5m, binary: false).ShouldBe("1500m");
}
