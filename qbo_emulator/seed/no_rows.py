"""The lists of a Norwegian company: value added tax of 25, 15, 12 and 0 percent."""

from __future__ import annotations

from random import Random

from qbo_emulator.seed.country import Country, table


def organisation_number(dice: Random) -> str:
    """NO, nine digits with a check digit (modulus 11), and MVA."""
    while True:
        digits = [dice.choice((8, 9)), *(dice.randrange(10) for _ in range(7))]
        check = (
            -sum(digit * weight for digit, weight in zip(digits, (3, 2, 7, 6, 5, 4, 3, 2), strict=True)) % 11
        )
        if check != 10:
            return "NO" + "".join(map(str, digits)) + f"{check}MVA"


NO = Country(
    iso3="NOR",
    street=("Nøstegaten 42", "Bergen", "Vestland", "5011"),
    phone="+47 55 ## ## ##",
    industry="Maritime electronics",
    accounts=table(
        """
1920 Driftskonto|Asset|Bank|Checking
1930 Sparekonto|Asset|Bank|Savings
1500 Kundefordringer|Asset|Accounts Receivable|AccountsReceivable
1900 Ikke innskutte midler|Asset|Other Current Asset|UndepositedFunds
1460 Varelager|Asset|Other Current Asset|Inventory
3000 Salgsinntekt varer|Revenue|Income|SalesOfProductIncome
3010 Salgsinntekt tjenester|Revenue|Income|ServiceFeeIncome
3020 Montering|Revenue|Income|ServiceFeeIncome
3030 Fraktinntekt|Revenue|Income|ServiceFeeIncome
3040 Kursinntekt|Revenue|Income|ServiceFeeIncome
3090 Rabatter|Revenue|Income|DiscountsRefundsGiven
4300 Varekostnad|Expense|Cost of Goods Sold|SuppliesMaterialsCogs
6300 Leie lokale|Expense|Expense|RentOrLeaseOfBuildings
7000 Drivstoff|Expense|Expense|Auto
7500 Forsikring|Expense|Expense|Insurance
6340 Lys og varme|Expense|Expense|Utilities
6800 Kontorrekvisita|Expense|Expense|OfficeGeneralAdministrativeExpenses
2380 Firmakort|Liability|Credit Card|CreditCard
2400 Leverandørgjeld|Liability|Accounts Payable|AccountsPayable
2740 Oppgjørskonto merverdiavgift|Liability|Other Current Liability|GlobalTaxPayable
2220 Banklån|Liability|Long Term Liability|NotesPayable
2000 Aksjekapital|Equity|Equity|OwnersEquity
2050 Annen egenkapital|Equity|Equity|RetainedEarnings
3900 Annen inntekt|Revenue|Income|ServiceFeeIncome
7770 Bankgebyr|Expense|Expense|BankCharges
"""
    ),
    items=table(
        """
Tjenester|Service||1150|0|25 % MVA|7|Generelle tjenester
Kartplotter 9|Inventory|KP-9|12490|7300|25 % MVA|6|Skjerm 9 tommer, GPS innebygd
Kartplotter 12|Inventory|KP-12|19990|11900|25 % MVA|6|Skjerm 12 tommer, GPS innebygd
Ekkolodd 600|Inventory|EK-600|7890|4300|25 % MVA|6|CHIRP, 600 W
Svinger, gjennomgående|Inventory|SV-GJ|3450|1800|25 % MVA|6|Bronse, 20 grader
Radar 18|Inventory|RD-18|21900|13200|25 % MVA|6|Dome, 24 nautiske mil
Radar 24|Inventory|RD-24|27400|16400|25 % MVA|6|Dome, 48 nautiske mil
VHF fast|Inventory|VHF-F|4290|2350|25 % MVA|6|Klasse D med DSC
VHF håndholdt|Inventory|VHF-H|2190|1150|25 % MVA|6|Flyter, IPX7
AIS klasse B|Inventory|AIS-B|6990|3900|25 % MVA|6|Sender og mottaker, 5 W
Autopilot, seilbåt|NonInventory|AP-S|16750|9800|25 % MVA|6|Kurscomputer og pumpe
Autopilot, motorbåt|NonInventory|AP-M|18250|10700|25 % MVA|6|Kurscomputer og pumpe
Antenne VHF|Inventory|AN-V|890|390|25 % MVA|6|Glassfiber, 1,5 m
Antenne GPS|Inventory|AN-G|1490|700|25 % MVA|6|NMEA 2000
Nettverkskabel 10 m|Inventory|KB-10|649|240|25 % MVA|6|NMEA 2000, 10 m
Batterilader 25 A|Inventory|BL-25|3190|1700|25 % MVA|6|Tre kretser
Solcellepanel 110 W|NonInventory|SP-110|2750|1450|25 % MVA|6|Halvfleksibelt
Lanterne LED|Inventory|LN-1|1290|560|25 % MVA|6|To nautiske mil
Nødpeilesender|NonInventory|EP-1|4990|2800|25 % MVA|6|EPIRB med GNSS
Redningsvest|Inventory|RV-150|1390|640|25 % MVA|6|150 N, automatisk
Sjøkart, trykt|NonInventory|KT-1|429|190|0 % MVA|6|Trykt utgave
Matpakke, kurs|NonInventory|MT-1|189|110|15 % MVA|6|Næringsmidler
Overnatting, kurs|Service|OV-1|1290|0|12 % MVA|10|Per natt
Montering|Service|TJ-MON|1090|0|25 % MVA|8|Per time
Feilsøking om bord|Service|TJ-FEI|1250|0|25 % MVA|8|Per time
VHF-kurs|Service|TJ-KUR|2900|0|Utenfor MVA|10|Undervisning, per person
Frakt, Norge|Service|TJ-FRA|290|0|25 % MVA|9|Per kolli
Frakt, Svalbard|Service|TJ-FRS|690|0|0 % MVA|9|Per kolli
"""
    ),
    bundle=("Fritidsbåtpakke", table("Kartplotter 9|1\nVHF fast|1\nAntenne VHF|1")),
    terms=table("Ved mottak|0\nNetto 14|14\nNetto 30|30\nNetto 45|45\nDen 20.|20|5"),
    methods=table(
        "Kontant|NON_CREDIT_CARD\nBankoverføring|NON_CREDIT_CARD\nVisa|CREDIT_CARD\nVipps|NON_CREDIT_CARD\n"
        "AvtaleGiro|NON_CREDIT_CARD"
    ),
    agencies=("Skatteetaten",),
    rates=table(
        """
25 % utgående|25|0
15 % utgående|15|0
12 % utgående|12|0
0 % utgående|0|0
Utenfor MVA|0|0
"""
    ),
    codes=table(
        """
25 % MVA|Alminnelig sats|25 % utgående
15 % MVA|Næringsmidler|15 % utgående
12 % MVA|Overnatting og transport|12 % utgående
0 % MVA|Fritatt|0 % utgående
Utenfor MVA|Utenfor avgiftsområdet|Utenfor MVA
"""
    ),
    words=tuple(
        "Askøy Bjørgvin Dovre Eid Fjell Gulen Hardanger Inndyr Jæren Kvam Lofoten Måløy Nordfjord Odda "
        "Polar Rogaland Sogn Tjeldsund Ulvik Vågan Åsane Øygarden".split()
    ),
    trades=tuple(
        "Båtforening|Rederi|Fiskeri|Havbruk|Skyssbåt|Marina|Verft|Sjøtransport|Redningsselskap|Dykking|"
        "Havfiske|Kystmuseum|Maskin|Ferge|Seilskole".split("|")
    ),
    forms=("AS", "AS", "ASA", "ANS", "SA", ""),
    given=tuple("Ingrid Lars Solveig Håkon Astrid Magnus Ragnhild Øyvind Marte Sindre Kari Trygve".split()),
    family=tuple("Hansen Berge Nilsen Aas Solberg Haugen Dahl Moen Lie Bakke Strand Tveit".split()),
    roads=(
        "Strandgaten",
        "Kaiveien",
        "Havnegata",
        "Sjøgata",
        "Storgata",
        "Fjordveien",
        "Skippergata",
        "Nesveien",
    ),
    towns=table(
        """
Bergen|Vestland|50##
Oslo|Oslo|01##
Stavanger|Rogaland|40##
Trondheim|Trøndelag|70##
Tromsø|Troms|90##
Ålesund|Møre og Romsdal|60##
Bodø|Nordland|80##
Kristiansand|Agder|46##
"""
    ),
    vendors=(
        "Nordlys Elektronikk AS",
        "Vestkabel AS",
        "Sjøforsikring Gjensidig",
        "Havnelager Bergen AS",
        "Kystfrakt AS",
        "Papir & Kontor AS",
        "Bryggen Regnskap AS",
        "Fjordkraftlaget",
    ),
    employees=table("Eirik|Sunde\nHanne|Myhre\nJon|Valen\nTone|Lunde"),
    memos=(
        "Takk for handelen.",
        "Ved forsinket betaling beregnes forsinkelsesrente.",
        "Merk betalingen med KID.",
    ),
    tax_number=organisation_number,
    road_first=True,
)
