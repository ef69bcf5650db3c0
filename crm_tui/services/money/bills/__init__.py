"""Bills of WeChat Pay and Alipay: read whatever their form, matched with the books (C5)."""
